#!/bin/sh
# The wrapper writes /opt/kafka/config/server.properties and formats the data's folder, unless it is.
set -eu
export CLUSTER_ID="${CLUSTER_ID:-5L6g3nShT-eMCtK--X86sw}"
java -cp '/opt/kafka/libs/*' kafka.docker.KafkaDockerWrapper setup \
    --default-configs-dir /etc/kafka/docker --mounted-configs-dir /mnt/shared/config --final-configs-dir /opt/kafka/config
# shellcheck disable=SC2086  # because they are several words
exec java ${KAFKA_HEAP_OPTS:-} -XX:+UseSerialGC -XX:TieredStopAtLevel=1 ${KAFKA_OPTS:-} \
    -Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config=warn \
    -cp '/opt/kafka/libs/*' kafka.Kafka /opt/kafka/config/server.properties
