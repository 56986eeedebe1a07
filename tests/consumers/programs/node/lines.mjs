// A line of JSON for each record that a program was given: what the runner compares.

/** `over` resolves when the last record of every topic has come. */
export function lines (topics) {
  const left = new Set(topics)
  let done
  const over = new Promise(resolve => { done = resolve })
  function handle (topic, partition, offset, key, record) {
    const value = record && { ...common(record), ...('times' in record ? samples(record) : summary(record)) }
    console.log(JSON.stringify({ topic, key: String(key), offset: Number(offset), value }))
    if (String(key) === 'end' && left.delete(topic) && left.size === 0) done()
  }
  return { handle, over }
}

/** A program that cannot read a record ends there, as a service would that is restarted for ever. */
export function failed (error) {
  console.error(String(error?.message ?? error))
  process.exit(1)
}

const common = ({ user_id, source, version }) => ({
  user_id,
  provider: source.provider,
  device_id: source.device_id,
  content_hash: String(version.content_hash),
  delivered_ms: version.delivered_at,
  updated_us: version.updated_at
})

const samples = one => ({
  offset_s: one.timezone_offset_s,
  first_day: one.first_local_date,
  times_us: one.times,
  ends_us: one.ends,
  values: one.values
})

const summary = one => ({
  id: one.id,
  day: one.calendar_date,
  steps: one.steps,
  distance_m: one.distance_m,
  wheelchair: one.is_wheelchair_used
})
