import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import junction.Activity;
import junction.Samples;
import junction.Source;
import junction.Version;
import org.apache.avro.Schema;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** kafka-clients and classes made by Avro's compiler: BOOTSTRAP REGISTRY GROUP STEPS ACTIVITY. */
public final class Specific {
    private static Lines lines;
    private static Registry registry;

    public static void main(String[] args) throws Exception {
        var topics = List.of(args).subList(3, args.length);
        lines = new Lines(topics);
        registry = new Registry(args[1]);
        run(args[0], args[2], topics, Map.of(args[3], Samples.getClassSchema(), args[4], Activity.getClassSchema()));
    }

    /** `ours`: by topic, the schema that our class was made from; it may be older or newer than the writer's. */
    static void run(String bootstrap, String group, List<String> topics, Map<String, Schema> ours) throws Exception {
        // docs: begin
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of("bootstrap.servers", bootstrap, "group.id", group, "auto.offset.reset", "earliest",
                    "isolation.level", "read_committed", "enable.auto.commit", "false"),
                new StringDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(topics);
            while (!lines.over()) {
                for (var record : consumer.poll(Duration.ofSeconds(1))) {
                    byte[] wire = record.value(); // null: the row is deleted
                    handle(record, wire == null ? null : decode(wire, ours.get(record.topic()))); // your part
                }
                consumer.commitSync(); // only what was handled
            }
        }
        // docs: end
    }

    // docs: begin
    static SpecificRecord decode(byte[] wire, Schema ours) throws IOException { // a zero, the schema's id, Avro
        var writer = registry.schema(ByteBuffer.wrap(wire).getInt(1)); // GET /schemas/ids/{id}, kept for good
        var decoder = DecoderFactory.get().binaryDecoder(wire, 5, wire.length - 5, null);
        return new SpecificDatumReader<SpecificRecord>(writer, ours).read(null, decoder);
    }
    // docs: end

    private static void handle(ConsumerRecord<String, byte[]> record, SpecificRecord value) throws Exception {
        lines.show(record, value == null ? null : value instanceof Samples one ? samples(one) : summary((Activity) value));
    }

    private static Map<String, Object> common(String userId, Source source, Version version) {
        var fields = new HashMap<String, Object>();
        fields.put("user_id", userId);
        fields.put("provider", source.getProvider());
        fields.put("device_id", source.getDeviceId());
        fields.put("content_hash", Long.toString(version.getContentHash()));
        fields.put("delivered_ms", version.getDeliveredAt().toEpochMilli());
        fields.put("updated_us", micros(version.getUpdatedAt()));
        return fields;
    }

    private static Map<String, Object> samples(Samples one) {
        var fields = common(one.getUserId(), one.getSource(), one.getVersion());
        fields.put("offset_s", one.getTimezoneOffsetS());
        fields.put("first_day", day(one.getFirstLocalDate()));
        fields.put("times_us", one.getTimes().stream().map(Specific::micros).toList());
        fields.put("ends_us", one.getEnds().stream().map(Specific::micros).toList());
        fields.put("values", one.getValues());
        return fields;
    }

    private static Map<String, Object> summary(Activity one) {
        var fields = common(one.getUserId(), one.getSource(), one.getVersion());
        fields.put("id", one.getId());
        fields.put("day", day(one.getCalendarDate()));
        fields.put("steps", one.getSteps());
        fields.put("distance_m", one.getDistanceM());
        fields.put("wheelchair", one.getIsWheelchairUsed());
        return fields;
    }

    private static Long micros(Instant time) {
        return time == null ? null : ChronoUnit.MICROS.between(Instant.EPOCH, time);
    }

    private static Long day(LocalDate day) {
        return day == null ? null : day.toEpochDay();
    }
}
