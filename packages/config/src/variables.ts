import type { ConfigNode } from './config-node.ts'
import type { Mistakes } from './mistakes.ts'

/** Environment variables. */
export type Variables = Readonly<Record<string, string | undefined>>

const REFERENCE = /\$\{([^}]*)\}/g

/**
 * Puts the values of `${NAME}` into a text; a missing one is a mistake. An unquoted value that is a number or a truth
 * becomes one, as if it had been written there.
 */
export function substituted(
  value: unknown, isPlain: boolean, variables: Variables, at: Pick<ConfigNode, 'path' | 'position'>, mistakes: Mistakes,
): unknown {
  if (typeof value !== 'string' || !value.includes('${')) return value
  const text = value.replaceAll(REFERENCE, (whole, name: string) => {
    const found = Object.hasOwn(variables, name) ? variables[name] : undefined // every object has a `constructor`
    if (found !== undefined) return found
    mistakes.add('config.variable', at, `'${whole}' is not set in the environment. Set the variable ${name}.`)
    return whole
  })
  if (!isPlain) return text
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

/** A message without the values of variables that went into a node: each stands as it was written. */
export function redacted(message: string, node: ConfigNode | undefined): string {
  if (!node) return message
  if (node.kind === 'list') return node.items.reduce(redacted, message)
  if (node.kind === 'map') return [...node.entries.values()].reduce((text, { node: child }) => redacted(text, child), message)
  if (node.value === node.written || node.value === '') return message
  const written = String(node.written)
  return message.replaceAll(JSON.stringify(node.value), `'${written}'`).replaceAll(String(node.value), written)
}
