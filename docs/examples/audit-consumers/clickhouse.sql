-- One row per event. ReplacingMergeTree drops duplicates by ce_id when it merges; FINAL drops them in a query.
CREATE TABLE audit_events
(
    ce_id String,
    ce_type LowCardinality(String),
    time DateTime64(6, 'UTC'),
    user String,
    cluster LowCardinality(String),
    verb LowCardinality(String),
    resource LowCardinality(String),
    subresource LowCardinality(String),
    namespace String,
    name String,
    code UInt16,
    effect LowCardinality(String),
    rule String,
    command String,
    event String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (time, ce_id);
