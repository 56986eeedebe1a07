# shellcheck disable=SC2086  # because they are several words
unset REGISTRY_DATASOURCE_USERNAME REGISTRY_DATASOURCE_PASSWORD
export REGISTRY_DATASOURCE_URL="jdbc:h2:file:/data/registry;WRITE_DELAY=0"
exec java ${JAVA_OPTIONS:-} -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -jar /deployments/apicurio-registry-app-*-runner.jar
