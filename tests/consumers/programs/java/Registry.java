import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;

/** Writers' schemas by id. An id never changes its meaning, so each is asked for once and kept. */
final class Registry {
    private final Map<Integer, Schema> known = new ConcurrentHashMap<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private final String url;

    Registry(String url) {
        this.url = url;
    }

    Schema schema(int id) {
        return known.computeIfAbsent(id, this::ask);
    }

    private Schema ask(int id) {
        try {
            var request = HttpRequest.newBuilder(URI.create(url + "/schemas/ids/" + id)).build();
            var answer = http.send(request, HttpResponse.BodyHandlers.ofString()).body();
            return new Schema.Parser().parse(new ObjectMapper().readTree(answer).get("schema").asText());
        } catch (Exception error) {
            throw new IllegalStateException("no schema " + id, error);
        }
    }
}
