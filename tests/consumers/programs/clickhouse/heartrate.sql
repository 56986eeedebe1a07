-- docs: begin
CREATE TABLE heartrate_queue
(
    user_id String, resource String, `source.provider` String, `source.type` String, type Nullable(String),
    unit String, local_offset_s Nullable(Int32), `version.delivered_at` DateTime64(3, 'UTC'),
    times Array(DateTime64(6, 'UTC')), ends Array(DateTime64(6, 'UTC')), values Array(Float64)
)
ENGINE = Kafka
SETTINGS kafka_broker_list = 'kafka:9092', kafka_topic_list = 'junction.heartrate', kafka_group_name = 'clickhouse',
    kafka_format = 'AvroConfluent', format_avro_schema_registry_url = 'http://registry:8081/apis/ccompat/v7';

CREATE MATERIALIZED VIEW heartrate_feed TO samples AS
SELECT user_id, resource, `source.provider` AS provider, `source.type` AS source_type, ifNull(type, '') AS type,
    sample.1 AS time, sample.2 AS end_time, sample.3 AS value, unit, local_offset_s,
    `version.delivered_at` AS delivered_at, _offset AS version
FROM heartrate_queue
ARRAY JOIN arrayZip(times, if(empty(ends), arrayWithConstant(length(times), NULL), ends), values) AS sample;
-- docs: end
