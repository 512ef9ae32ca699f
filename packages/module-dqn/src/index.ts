export { createDqn, dqn, type DqnSpec } from './create-dqn.ts'
export { DqnTraining, type DqnTrainingSpec } from './dqn-training.ts'
export { settle, stepRewards, type Account } from './step-rewards.ts'
