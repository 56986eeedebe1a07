-- docs: begin
CREATE TABLE junction_steps (LIKE junction_heartrate INCLUDING ALL, ends bigint[]);
CREATE VIEW steps AS
SELECT DISTINCT ON (user_id, source_provider, source_type, time)
       user_id, source_provider, source_type,
       timestamptz 'epoch' + time * interval '1 microsecond' AS time,
       timestamptz 'epoch' + end_time * interval '1 microsecond' AS end_time,
       value, unit
FROM junction_steps, unnest(times, ends, "values") AS sample (time, end_time, value)
ORDER BY user_id, source_provider, source_type, time, __connect_offset DESC;
-- docs: end
