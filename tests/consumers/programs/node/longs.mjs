import avro from 'avsc'

// docs: begin
// avsc refuses a long above 2^53 ("potential precision loss"), and content_hash is one: such longs become BigInt.
const long = avro.types.LongType.__with({
  fromBuffer: bytes => { const n = bytes.readBigInt64LE(); return Number.isSafeInteger(Number(n)) ? Number(n) : n },
  toBuffer: n => { const bytes = Buffer.alloc(8); bytes.writeBigInt64LE(BigInt(n)); return bytes },
  fromJSON: BigInt, toJSON: Number, isValid: n => typeof n === 'bigint' || Number.isSafeInteger(n),
  compare: (a, b) => a < b ? -1 : a > b ? 1 : 0
})
export const typeHook = schema => schema === 'long' ? long : undefined
// docs: end
