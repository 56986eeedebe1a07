-- docs: begin
CREATE VIEW heartrate AS
SELECT DISTINCT ON (user_id, source_provider, source_type, time)
       user_id, source_provider, source_type,
       timestamptz 'epoch' + time * interval '1 microsecond' AS time,
       value, unit
FROM junction_heartrate, unnest(times, "values") AS sample (time, value)
ORDER BY user_id, source_provider, source_type, time, __connect_offset DESC;
-- docs: end
