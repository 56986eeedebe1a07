-- docs: begin
SELECT toDate(time) AS day, provider, round(avg(value), 1) AS bpm
FROM samples FINAL
WHERE resource = 'heartrate' AND user_id = {user:String}
GROUP BY day, provider ORDER BY day, provider;
-- docs: end
