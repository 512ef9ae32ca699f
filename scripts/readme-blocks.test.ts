import { cpSync, readdirSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { planted } from './planted.ts'
import { blocksOf, readmeBlocks, withAssertions } from './readme-blocks.ts'

const fenced = (code: string, language = 'ts') => `\`\`\`${language}\n${code}\n\`\`\`\n`
const here = resolve(import.meta.dirname, '..')

/** What the gate says of a workspace with one package, `answer`, whose README is given; undefined: it has none. */
function check(readme: string | undefined) {
  using repository = planted({
    'packages/core/package.json': { name: '@tapeloom/core', type: 'module', exports: { '.': { '@tapeloom/source': './src/index.ts' } } },
    'packages/core/src/index.ts': 'export const answer: number = 42\n',
    ...(readme === undefined ? {} : { 'packages/core/README.md': readme }),
  })
  cpSync(join(here, 'tsconfig.base.json'), join(repository.root, 'tsconfig.base.json'))
  symlinkSync(join(here, 'node_modules'), join(repository.root, 'node_modules'), 'junction')
  const result = readmeBlocks(repository.root)
  expect(readdirSync(repository.root).filter((name) => name.startsWith('.readme'))).toEqual([])
  return result
}
const program = "import { answer } from '@tapeloom/core'\n"

test('blocks are found with their line, language and reason not to run', () => {
  const text = `# T\n${fenced('a: 1', 'yaml')}\n<!-- no-run: needs a network -->\n\n${fenced(program)}- item\n  ${fenced('const a = 1').replaceAll('\n', '\n  ')}`
  expect(blocksOf('README.md', text).map(({ line, noRun }) => [line, noRun])).toEqual([
    [9, 'needs a network'],
    [14, 'no program'],
  ])
})

test('a program that holds passes, and is run; a missing README is none', () => {
  expect(check(fenced(`${program}console.log(answer) // => 42\nanswer + 1 // => 43`))).toEqual({ findings: [], checked: 1, ran: 1 })
  expect(check(undefined)).toEqual({ findings: [], checked: 0, ran: 0 })
})

test('a type error is found at its line, in fragments and unrun blocks too', () => {
  expect(check(fenced(`${program}const text: string = answer`)).findings).toEqual([
    expect.stringMatching(/^packages\/core\/README\.md:3 Type 'number' is not assignable/),
  ])
  expect(check(fenced('const text: string = 1')).findings).toHaveLength(1)
  expect(check(`<!-- no-run: slow -->\n${fenced(`${program}answer.nothing`)}`).findings).toHaveLength(1)
})

test('a program that throws, or logs something else than it says, is found; an unrun block is not run', () => {
  const throwing = fenced(`${program}if (answer === 42) throw new Error('planted')`)
  expect(check(throwing).findings.join()).toContain('planted')
  expect(check(`<!-- no-run: throws -->\n${throwing}`)).toEqual({ findings: [], checked: 1, ran: 0 })
  expect(check(fenced(`${program}console.log(answer) // => 41`)).findings.join()).toContain('the README says 41, it is 42')
})

test('assertions keep the lines of the program', () => {
  const text = 'const a = 1\nconsole.log(a, [a]) // => 1 [ 1 ]\na // => 1\nconsole.log(a) // plain\n'
  expect(withAssertions(text).split('\n')).toHaveLength(text.split('\n').length)
  expect(withAssertions('const a = 1\n')).toBe('const a = 1\n')
})
