export { cnn, createCnn, type CnnSpec, type DirectionLabel } from './create-cnn.ts'
