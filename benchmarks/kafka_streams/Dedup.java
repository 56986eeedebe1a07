import java.util.List;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * The first record of each key, and no other: {@code Dedup SOURCE,... OUT [--cached] [--header NAME]}; with a header's name
 * the first of each value of that header. Further settings of Kafka Streams are system properties that begin with
 * {@code streams.}.
 */
public final class Dedup implements Processor<byte[], byte[], byte[], byte[]> {
  private static final String SEEN = "seen";

  private final String header;
  private ProcessorContext<byte[], byte[]> context;
  private KeyValueStore<byte[], byte[]> seen;

  private Dedup(String header) {
    this.header = header;
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    this.context = context;
    this.seen = context.getStateStore(SEEN);
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    byte[] id = header == null ? record.key() : record.headers().lastHeader(header).value();
    if (seen.get(id) == null) {
      seen.put(id, Long.toString(context.recordMetadata().orElseThrow().offset()).getBytes());
      context.forward(record);
    }
  }

  public static void main(String[] arguments) {
    List<String> options = List.of(arguments).subList(2, arguments.length);
    boolean cached = options.contains("--cached");
    String header = options.contains("--header") ? options.get(options.indexOf("--header") + 1) : null;
    StreamsBuilder builder = new StreamsBuilder();
    builder.<byte[], byte[]>stream(List.of(arguments[0].split(","))).process(supplier(cached, header)).to(arguments[1]);
    Properties settings = settings();
    KafkaStreams streams = new KafkaStreams(builder.build(settings), settings);
    Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
    streams.start();
  }

  private static ProcessorSupplier<byte[], byte[], byte[], byte[]> supplier(boolean cached, String header) {
    return new ProcessorSupplier<>() {
      @Override
      public Processor<byte[], byte[], byte[], byte[]> get() {
        return new Dedup(header);
      }

      @Override
      public Set<StoreBuilder<?>> stores() {
        StoreBuilder<?> store = Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(SEEN), Serdes.ByteArray(), Serdes.ByteArray());
        return Set.of(cached ? store.withCachingEnabled() : store.withCachingDisabled());
      }
    };
  }

  private static Properties settings() {
    Properties settings = new Properties();
    settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
    settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
    System.getProperties().forEach((name, value) -> {
      if (name.toString().startsWith("streams.")) {
        settings.put(name.toString().substring("streams.".length()), value);
      }
    });
    return settings;
  }
}
