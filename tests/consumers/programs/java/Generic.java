import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** kafka-clients and GenericRecord, whose times are the numbers on the wire: BOOTSTRAP REGISTRY GROUP TOPIC... */
public final class Generic {
    public static void main(String[] args) throws Exception {
        var topics = List.of(args).subList(3, args.length);
        var lines = new Lines(topics);
        var registry = new Registry(args[1]);
        var settings = Map.<String, Object>of(
                "bootstrap.servers", args[0], "group.id", args[2], "auto.offset.reset", "earliest",
                "isolation.level", "read_committed", "enable.auto.commit", "false");
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(topics);
            while (!lines.over()) {
                for (var record : consumer.poll(Duration.ofSeconds(1))) {
                    lines.show(record, record.value() == null ? null : fields(decode(registry, record.value())));
                }
                consumer.commitSync();
            }
        }
    }

    private static GenericRecord decode(Registry registry, byte[] wire) throws IOException {
        var reader = new GenericDatumReader<GenericRecord>(registry.schema(ByteBuffer.wrap(wire).getInt(1)));
        return reader.read(null, DecoderFactory.get().binaryDecoder(wire, 5, wire.length - 5, null));
    }

    private static Map<String, Object> fields(GenericRecord one) {
        var source = (GenericRecord) one.get("source");
        var version = (GenericRecord) one.get("version");
        var fields = new HashMap<String, Object>();
        fields.put("user_id", text(one.get("user_id")));
        fields.put("provider", text(source.get("provider")));
        fields.put("device_id", text(source.get("device_id")));
        fields.put("content_hash", text(version.get("content_hash")));
        fields.put("delivered_ms", version.get("delivered_at"));
        fields.put("updated_us", version.get("updated_at"));
        if (one.hasField("times")) {
            fields.put("offset_s", one.get("timezone_offset_s"));
            fields.put("first_day", one.get("first_local_date"));
            fields.put("times_us", new ArrayList<>((List<?>) one.get("times")));
            fields.put("ends_us", new ArrayList<>((List<?>) one.get("ends")));
            fields.put("values", new ArrayList<>((List<?>) one.get("values")));
        } else {
            fields.put("id", text(one.get("id")));
            fields.put("day", one.get("calendar_date"));
            fields.put("steps", one.get("steps"));
            fields.put("distance_m", one.get("distance_m"));
            fields.put("wheelchair", one.get("is_wheelchair_used"));
        }
        return fields;
    }

    /** Texts are `Utf8` here, which no `equals` of a String takes for one. */
    private static String text(Object value) {
        return value == null ? null : value.toString();
    }
}
