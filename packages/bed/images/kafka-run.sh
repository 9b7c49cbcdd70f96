#!/bin/sh
# What /etc/kafka/docker/run does in the image of the Kafka project: settings from the environment, a formatted
# directory, a broker. Kafka's own program for that image turns KAFKA_* into server.properties.
set -eu

export CLUSTER_ID="${CLUSTER_ID:-5L6g3nShT-eMCtK--X86sw}"
if ! said=$(java $JAVA_FLAGS -cp '/opt/kafka/libs/*' kafka.docker.KafkaDockerWrapper setup \
  --default-configs-dir /etc/kafka/docker \
  --mounted-configs-dir /mnt/shared/config \
  --final-configs-dir /opt/kafka/config 2>&1); then
  echo "$said"
  echo "$said" | grep -qi 'already formatted' || exit 1
fi

log=-Xlog:gc*:file=/opt/kafka/logs/kafkaServer-gc.log:time,tags:filecount=10,filesize=100M
# shellcheck disable=SC2086 # options are several words
exec java ${KAFKA_HEAP_OPTS:--Xmx1G -Xms1G} $JAVA_FLAGS "$log" -Dkafka.logs.dir=/opt/kafka/logs \
  -cp '/opt/kafka/libs/*' kafka.Kafka /opt/kafka/config/server.properties
