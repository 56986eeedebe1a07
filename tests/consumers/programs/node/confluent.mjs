// @confluentinc/kafka-javascript and @confluentinc/schemaregistry: HOOK BOOTSTRAP REGISTRY GROUP TOPIC...
// HOOK: with, or without the type hook of longs.mjs.
import confluent from '@confluentinc/kafka-javascript'
import schemaregistry from '@confluentinc/schemaregistry'
import { failed, lines } from './lines.mjs'
import * as longs from './longs.mjs'

const { Kafka } = confluent.KafkaJS
const { AvroDeserializer, SchemaRegistryClient, SerdeType } = schemaregistry
const [hook, bootstrap, registry, group, ...topics] = process.argv.slice(2)
const typeHook = hook === 'with' ? longs.typeHook : undefined
const { handle, over } = lines(topics)

// docs: begin
const avro = new AvroDeserializer(new SchemaRegistryClient({ baseURLs: [registry] }), SerdeType.VALUE, { typeHook })
const consumer = new Kafka({ 'bootstrap.servers': bootstrap }).consumer({
  'group.id': group, 'auto.offset.reset': 'earliest', 'isolation.level': 'read_committed'
})
await consumer.connect()
await consumer.subscribe({ topics })
await consumer.run({
  eachMessage: async ({ topic, partition, message }) => {
    const record = message.value && await avro.deserialize(topic, message.value).catch(failed) // null: deleted
    await handle(topic, partition, message.offset, message.key, record) // your part; its offset is committed behind it
  }
})
// docs: end
await over
await consumer.disconnect()
