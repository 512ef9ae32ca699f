import { suggestion } from '@tapeloom/core'
import type { z } from 'zod'
import { nodeAt, quoted, toValue, type ConfigNode } from './config-node.ts'
import { configSchema, type ConfigShape } from './config-schema.ts'
import type { Mistakes } from './mistakes.ts'

type Issue = z.core.$ZodIssue

/** Checks the shape of a whole configuration and notes what is wrong; the value when it is right. */
export function checkShape(root: ConfigNode, mistakes: Mistakes): ConfigShape | undefined {
  const result = configSchema.safeParse(toValue(root))
  if (result.success) return result.data
  for (const issue of result.error.issues) note(issue, [], root, mistakes)
  return undefined
}

/** The shape of the data section alone: it is worth checking further when another section is wrong. */
export function dataShapeOf(root: ConfigNode): ConfigShape['data'] {
  const node = nodeAt(root, ['data'])
  return node && configSchema.shape.data.safeParse(toValue(node)).data
}

function note(issue: Issue, prefix: readonly PropertyKey[], root: ConfigNode, mistakes: Mistakes): void {
  const path = [...prefix, ...issue.path]
  const node = nodeAt(root, path)
  if (issue.code === 'unrecognized_keys') return noteKeys(issue.keys, issue.message.split(' '), node, mistakes)
  if (issue.code === 'invalid_union') {
    // the branch of the written form: the one that does not fail at its root
    const branch = issue.errors.find((errors) => !errors.some((each) => each.path.length === 0 && isOtherForm(each)))
    if (branch) return branch.forEach((each) => note(each, path, root, mistakes))
  }
  const key = path.at(-1)
  const isAbsent = !node || (node.kind === 'scalar' && node.value === null)
  if (isAbsent && typeof key === 'string') {
    const parent = nodeAt(root, path.slice(0, -1))
    const name = parent?.path === '' || !parent ? 'the configuration' : `'${parent.path}'`
    const at = parent?.kind === 'map' ? parent.entries.get(key) : undefined
    const place = at ? { path: parent?.path ?? '', position: at.position } : (parent ?? root)
    return mistakes.add('config.missing', place, `${name} has no '${key}'. Give ${issue.message}.`)
  }
  const values = issue.code === 'invalid_value' ? issue.values.map(String) : []
  const near = node?.kind === 'scalar' && typeof node.written === 'string' ? suggestion(node.written, values) : ''
  mistakes.add('config.value', node, `'${node?.path}' is ${quoted(node)}. Give ${issue.message}.${near}`)
}

const isOtherForm = ({ code }: Issue) => code === 'invalid_type' || code === 'custom'

function noteKeys(keys: readonly string[], known: readonly string[], node: ConfigNode | undefined, mistakes: Mistakes): void {
  for (const key of keys) {
    const position = node?.kind === 'map' ? node.entries.get(key)?.position : undefined
    const place = { path: node?.path ? `${node.path}.${key}` : key, position }
    const near = suggestion(key, known)
    mistakes.add('config.key', place, `'${key}' is no key here.${near || ` Known: ${known.join(', ')}.`}`)
  }
}
