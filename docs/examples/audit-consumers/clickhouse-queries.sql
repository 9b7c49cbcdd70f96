-- Who was refused how often, by which rule.
SELECT user, rule, count() AS refusals, max(time) AS last
FROM audit_events FINAL
WHERE effect = 'deny' AND ce_type = 'k8s.request'
GROUP BY user, rule
ORDER BY refusals DESC, user
LIMIT 20;

-- What was run in pods.
SELECT time, user, cluster, namespace, name, command
FROM audit_events FINAL
WHERE subresource = 'exec' AND ce_type = 'stream.opened'
ORDER BY time;

-- Gaps in the chains of the producers: there is one where a number is missing.
SELECT producer, lasts + 1 AS first_missing, seq - 1 AS last_missing
FROM
(
    SELECT
        JSONExtractString(event, 'sallyport', 'producer') AS producer,
        JSONExtractUInt(event, 'sallyport', 'seq') AS seq,
        lagInFrame(seq, 1, seq) OVER (PARTITION BY producer ORDER BY seq ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS lasts
    FROM audit_events FINAL
    WHERE JSONHas(event, 'sallyport', 'seq')
)
WHERE seq > lasts + 1
ORDER BY producer, first_missing;
