/** One field of a message: a number, or the bytes of a text, a message or a packed list. */
export interface ProtobufField {
  readonly field: number
  readonly integer: bigint
  readonly bytes: Uint8Array
}

const NOTHING = new Uint8Array()

/** The fields of a message in their order; views, not copies. @throws RangeError where the bytes are no message */
export function readProtobuf(bytes: Uint8Array): ProtobufField[] {
  const fields: ProtobufField[] = []
  let at = 0
  const varint = (): bigint => {
    let [value, shift] = [0n, 0n]
    for (;;) {
      const byte = bytes[at++]
      if (byte === undefined || shift > 63n) throw new RangeError(`a number does not end at byte ${at}`)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asIntN(64, value)
      shift += 7n
    }
  }
  const take = (length: number): Uint8Array => {
    if (length < 0 || at + length > bytes.length) throw new RangeError(`a field at byte ${at} is longer than the rest`)
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const tag = varint()
    const [field, wire] = [Number(tag >> 3n), Number(tag & 7n)]
    if (field < 1) throw new RangeError(`there is no field at byte ${at}`)
    if (wire === 0) fields.push({ field, integer: varint(), bytes: NOTHING })
    else if (wire === 1) fields.push({ field, integer: 0n, bytes: take(8) })
    else if (wire === 2) fields.push({ field, integer: 0n, bytes: take(Number(varint())) })
    else if (wire === 5) fields.push({ field, integer: 0n, bytes: take(4) })
    else throw new RangeError(`wire type ${wire} at byte ${at} does not exist`)
  }
  return fields
}
