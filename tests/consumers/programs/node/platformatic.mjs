// @platformatic/kafka and avsc: HOOK BOOTSTRAP REGISTRY GROUP TOPIC...
import './older.mjs'
import { Consumer, FetchIsolationLevels, MessagesStreamModes } from '@platformatic/kafka'
import avro from 'avsc'
import { failed, lines } from './lines.mjs'
import * as longs from './longs.mjs'

const [hook, bootstrap, url, group, ...topics] = process.argv.slice(2)
const { handle, over } = lines(topics)
const typeHook = hook === 'with' ? longs.typeHook : undefined
const known = new Map()

async function decode (wire) {
  if (!wire) return null
  const id = wire.readInt32BE(1)
  if (!known.has(id)) {
    const { schema } = await (await fetch(`${url}/schemas/ids/${id}`)).json()
    known.set(id, avro.Type.forSchema(JSON.parse(schema), { typeHook }))
  }
  return known.get(id).fromBuffer(wire.subarray(5))
}

const consumer = new Consumer({
  groupId: group,
  clientId: 'reader',
  bootstrapBrokers: bootstrap.split(','),
  isolationLevel: FetchIsolationLevels.READ_COMMITTED,
  autocommit: true
})
const stream = await consumer.consume({ topics, mode: MessagesStreamModes.EARLIEST })
async function read () {
  for await (const message of stream) {
    handle(message.topic, message.partition, message.offset, message.key, await decode(message.value))
  }
}
read().catch(failed)
await over
process.exit(0)
