-- docs: begin
CREATE TABLE sleep_queue
(
    user_id String, id String, `source.provider` String, calendar_date Nullable(Date32),
    bedtime_start_at Nullable(DateTime64(6, 'UTC')), bedtime_stop_at Nullable(DateTime64(6, 'UTC')),
    total_s Nullable(Int64), hrv_average_ms Nullable(Float64), preferred Nullable(Bool)
)
ENGINE = Kafka
SETTINGS kafka_broker_list = 'kafka:9092', kafka_topic_list = 'junction.sleep', kafka_group_name = 'clickhouse',
    kafka_format = 'AvroConfluent', format_avro_schema_registry_url = 'http://registry:8081/apis/ccompat/v7';

CREATE TABLE sleep
(
    user_id String, id String, provider LowCardinality(String), calendar_date Nullable(Date32),
    bedtime_start_at Nullable(DateTime64(6, 'UTC')), bedtime_stop_at Nullable(DateTime64(6, 'UTC')),
    total_s Nullable(Int64), hrv_average_ms Nullable(Float64), preferred Nullable(Bool), version UInt64
)
ENGINE = ReplacingMergeTree(version) ORDER BY (user_id, id);

CREATE MATERIALIZED VIEW sleep_feed TO sleep AS
SELECT user_id, id, `source.provider` AS provider, calendar_date, bedtime_start_at, bedtime_stop_at, total_s,
    hrv_average_ms, preferred, _offset AS version
FROM sleep_queue;
-- docs: end
