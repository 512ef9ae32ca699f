import type { Store } from '@tapeloom/core'

/** A store that is written only after the journal: it is never ahead of what is acknowledged. */
export const writtenAhead = (store: Store, writeJournal: () => void): Store => ({
  path: store.path,
  open: () => store.open(),
  read: (range) => store.read(range),
  close: () => store.close(),
  write(batch) {
    writeJournal()
    return store.write(batch)
  },
})
