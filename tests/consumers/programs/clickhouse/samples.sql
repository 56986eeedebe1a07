-- docs: begin
CREATE TABLE samples
(
    user_id String, resource LowCardinality(String),
    provider LowCardinality(String), source_type LowCardinality(String), type LowCardinality(String),
    time DateTime64(6, 'UTC'), end_time Nullable(DateTime64(6, 'UTC')), value Float64, unit LowCardinality(String),
    local_offset_s Nullable(Int32), delivered_at DateTime64(3, 'UTC'), version UInt64
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(time)
ORDER BY (resource, user_id, provider, source_type, type, time);
-- docs: end
