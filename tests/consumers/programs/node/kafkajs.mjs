// kafkajs and @kafkajs/confluent-schema-registry: HOOK BOOTSTRAP REGISTRY GROUP TOPIC...
import registries from '@kafkajs/confluent-schema-registry'
import kafkajs from 'kafkajs'
import lz4 from 'lz4js'
import { failed, lines } from './lines.mjs'
import * as longs from './longs.mjs'

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs
const [hook, bootstrap, url, group, ...topics] = process.argv.slice(2)
const { handle, over } = lines(topics)
const options = hook === 'with' ? { [registries.SchemaType.AVRO]: { typeHook: longs.typeHook } } : {}
const registry = new registries.SchemaRegistry({ host: url }, options)

// Our records are compressed with lz4, and KafkaJS brings no codec for it.
if (hook !== 'bare') {
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: async ({ buffer }) => Buffer.from(lz4.compress(buffer)),
    decompress: async buffer => Buffer.from(lz4.decompress(buffer))
  })
}

const kafka = new Kafka({ brokers: bootstrap.split(','), logLevel: logLevel.NOTHING })
const consumer = kafka.consumer({ groupId: group, readUncommitted: false })
consumer.on(consumer.events.CRASH, ({ payload }) => failed(payload.error))
await consumer.connect()
await consumer.subscribe({ topics, fromBeginning: true })
await consumer.run({
  eachMessage: async ({ topic, partition, message }) => {
    const record = message.value && await registry.decode(message.value).catch(failed)
    handle(topic, partition, message.offset, message.key, record)
  }
})
await over
await consumer.disconnect()
