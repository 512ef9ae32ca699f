import { constants, getPriority, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { serveTraining } from './train/training-service.ts'

const { PRIORITY_BELOW_NORMAL } = constants.priority
// Where cores are short, events come first. Only on Linux is a priority that of the calling thread alone.
if (process.platform === 'linux' && getPriority() < PRIORITY_BELOW_NORMAL) setPriority(PRIORITY_BELOW_NORMAL)

if (parentPort) serveTraining(parentPort)
