-- Follows the topic. The envelope is in the headers, the event in the value.
CREATE TABLE audit_topic (event String)
ENGINE = Kafka
SETTINGS
    kafka_broker_list = 'kafka.example.com:9092',
    kafka_topic_list = 'sallyport.audit.v1',
    kafka_group_name = 'clickhouse',
    kafka_format = 'JSONAsString';

CREATE MATERIALIZED VIEW audit_from_topic TO audit_events AS
SELECT
    _headers.value[indexOf(_headers.name, 'ce_id')] AS ce_id,
    _headers.value[indexOf(_headers.name, 'ce_type')] AS ce_type,
    parseDateTime64BestEffort(_headers.value[indexOf(_headers.name, 'ce_time')], 6, 'UTC') AS time,
    JSONExtractString(event, 'user', 'username') AS user,
    JSONExtractString(event, 'sallyport', 'cluster', 'name') AS cluster,
    JSONExtractString(event, 'verb') AS verb,
    JSONExtractString(event, 'objectRef', 'resource') AS resource,
    JSONExtractString(event, 'objectRef', 'subresource') AS subresource,
    JSONExtractString(event, 'objectRef', 'namespace') AS namespace,
    JSONExtractString(event, 'objectRef', 'name') AS name,
    JSONExtractUInt(event, 'responseStatus', 'code') AS code,
    JSONExtractString(event, 'sallyport', 'decision', 'effect') AS effect,
    JSONExtractString(event, 'sallyport', 'decision', 'rule') AS rule,
    arrayStringConcat(JSONExtract(event, 'sallyport', 'exec', 'command', 'Array(String)'), ' ') AS command,
    event
FROM audit_topic;
