import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** A line of JSON for each record that a program was given: what the runner compares. */
final class Lines {
    private final ObjectMapper json = new ObjectMapper();
    private final Set<String> left;

    Lines(Collection<String> topics) {
        left = new HashSet<>(topics);
    }

    /** The last record of every topic has come. */
    boolean over() {
        return left.isEmpty();
    }

    void show(ConsumerRecord<String, byte[]> record, Map<String, Object> value) throws Exception {
        var line = new HashMap<String, Object>();
        line.put("topic", record.topic());
        line.put("key", record.key());
        line.put("offset", record.offset());
        line.put("value", value);
        System.out.println(json.writeValueAsString(line));
        if (record.key().equals("end")) {
            left.remove(record.topic());
        }
    }
}
