import { parentPort } from 'node:worker_threads'
import { serveTraining } from './train/training-service.ts'

if (parentPort) serveTraining(parentPort)
