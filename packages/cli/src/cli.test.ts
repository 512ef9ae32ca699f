import { expect, test } from 'vitest'
import pkg from '@tapeloom/cli/package.json' with { type: 'json' }
import { commandList } from './command-list.ts'
import { projectFolder, spawned, tapeloom } from './cli-fixture.ts'

test('help names every command and is no error', async () => {
  const { code, out, err } = await tapeloom(['--help'])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  for (const { usage } of commandList) expect(out).toContain(`tapeloom ${usage}\n`)
  expect(await tapeloom(['help'])).toEqual({ code, out, err })
  expect(await tapeloom([])).toEqual({ code: 2, out: '', err: out })
})

test('each command tells its usage without doing anything', async () => {
  for (const { name, usage } of commandList) {
    const { code, out } = await tapeloom([...name.split(' '), '--help'])
    expect({ code, first: out.split('\n')[0] }).toEqual({ code: 0, first: `Usage: tapeloom ${usage}` })
  }
})

test('the version is that of the package', async () => {
  expect(await tapeloom(['--version'])).toEqual({ code: 0, out: `${pkg.version}\n`, err: '' })
})

test('what is not understood is told with the nearest that is, and is bad input', async () => {
  const said = async (...args: string[]) => {
    const { code, out, err } = await tapeloom(args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    return err
  }
  expect(await said('reply')).toBe("[tapeloom] there is no command 'reply'. Did you mean 'replay'?\n")
  expect(await said('restore')).toBe("[tapeloom] there is no command 'restore'. See tapeloom --help.\n")
  expect(await said('config')).toBe("[tapeloom] there is no command 'config'. Did you mean 'config check'?\n")
  expect(await said('config', 'migrate')).toBe("[tapeloom] there is no command 'config migrate'. Did you mean 'config check'?\n")
  expect(await said('replay', 'x.yaml', '--form', 'y')).toBe("[tapeloom] there is no option '--form' here. Did you mean '--from'?\n")
  expect(await said('verify', '--qqqqqqqq')).toBe("[tapeloom] there is no option '--qqqqqqqq' here. Usage: tapeloom verify --db f\n")
  expect(await said('verify', '--db')).toMatch(/^\[tapeloom\] Option '--db <value>' argument missing\. Usage: tapeloom verify --db f\n$/)
  expect(await said('verify')).toBe('[tapeloom] --db is missing. Give it, or see tapeloom --help.\n')
  expect(await said('verify', 'x')).toBe("[tapeloom] 'x' is one argument too many. Usage: tapeloom verify --db f\n")
  expect(await said('feed', 'check')).toBe('[tapeloom] an argument is missing. Usage: tapeloom feed check <capture>…\n')
  expect(await said('run', 'x.yaml', '--seed', '1.5')).toBe("[tapeloom] --seed '1.5' is no whole number. Give one from 0.\n")
})

test('debug shows where an error comes from', async () => {
  const { err } = await tapeloom(['reply', '--debug'])
  expect(err).toMatch(/TapeloomError: \[tapeloom\] there is no command[^]*run-cli\.ts/)
})

test('the program exits with the code of its command', () => {
  const folder = projectFolder({ 'c.yaml': 'orchestrator: { modules: [] }' })
  expect(spawned(['config', 'check', 'c.yaml', '--json'], folder)).toMatchObject({ code: 0, err: '' })
  expect(spawned(['reply'], folder)).toMatchObject({ code: 2, out: '' })
})
