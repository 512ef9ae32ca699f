import { parentPort } from 'node:worker_threads'
import { serveTraining } from './training-service.ts'

if (parentPort) serveTraining(parentPort)
