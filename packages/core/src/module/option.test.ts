import { expect, test } from 'vitest'
import { option, resolveOptions } from '../index.ts'

const declared = {
  depth: option.integer({ default: 5, min: 1, max: 10 }),
  ratio: option.number({ default: 0.5, min: 0 }),
  every: option.duration({ default: '5s' }),
  frame: option.timeframe({ default: '1m' }),
  mode: option.oneOf(['first', 'last'], { default: 'first' }),
  on: option.boolean({ default: true }),
  name: option.string({ default: 'x', affects: 'none', description: 'Its name.' }),
  levels: option.list(option.integer({ default: 1, min: 1 }), { default: [1, 2] }),
}

test('defaults fill in, durations become microseconds', () => {
  const { values, errors } = resolveOptions('module m', declared, { depth: 7 })
  expect(errors).toEqual([])
  expect(values).toEqual({ depth: 7, ratio: 0.5, every: 5e6, frame: '1m', mode: 'first', on: true, name: 'x', levels: [1, 2] })
  expect(declared.name).toMatchObject({ affects: 'none', description: 'Its name.', type: 'string' })
})

test('every error is reported, with what is allowed', () => {
  const given = { detph: 1, depth: 11, ratio: 'a', every: '5min', frame: 3, mode: 'lst', on: 'yes', name: 1, levels: [0], junk: 1 }
  const { errors } = resolveOptions('module m', declared, given)
  expect(errors.map(({ code, message }) => `${code} ${message}`)).toEqual([
    "option.unknown [module m] has no option 'detph'. Did you mean 'depth'?",
    "option.unknown [module m] has no option 'junk'. Remove it.",
    "option.value [module m] option 'depth' is 11. Give a whole number from 1 to 10.",
    "option.value [module m] option 'ratio' is \"a\". Give a number from 0 to Infinity.",
    "option.value [module m] option 'every' is \"5min\". Give a duration such as '5s'.",
    "option.value [module m] option 'frame' is 3. Give a duration such as '5s'.",
    "option.value [module m] option 'mode' is \"lst\". Give one of first, last. Did you mean 'last'?.",
    "option.value [module m] option 'on' is \"yes\". Give true or false.",
    "option.value [module m] option 'name' is 1. Give text.",
    "option.value [module m] option 'levels' is [0]. Give a whole number from 1 to Infinity.",
  ])
  expect(resolveOptions('m', declared, { levels: 3 }).errors[0]?.message).toContain('Give a list of integer.')
})
