import { feedCheck as check } from '@tapeloom/feeds'
import { defineCommand } from '../command.ts'
import { whole } from '../progress-bar.ts'

/** Decodes captures and says whether they are whole. */
export const feedCheck = defineCommand({
  options: {},
  positionals: [1, Infinity],
  async run({ positionals, terminal }) {
    const found = await check(positionals)
    for (const { file, venue, messages, bookMessages, trades, checksums, gaps, crossed, top, faults } of found) {
      terminal.print(`${terminal.styled('bold', file)} (${venue})`)
      terminal.print(`  ${whole(messages)} messages: ${whole(bookMessages)} of books, ${whole(trades)} trades`)
      const sums = `checksums ${whole(checksums.ok)} right and ${whole(checksums.failed)} wrong`
      terminal.print(`  ${whole(gaps)} gaps, ${whole(crossed)} crossed, ${whole(faults)} faults, ${sums}`)
      terminal.print(`  best prices as the venue says: ${whole(top.ok)} of ${whole(top.total)}`)
    }
    terminal.json(found)
    return 0
  },
})
