/**
 * ONNX Runtime's native binding refuses float16 inputs in a process that has `Float16Array` (Node >= 24), since it
 * hands it `Uint16Array` bits. Must be imported before `onnxruntime-node`.
 * @source measured with onnxruntime-node 1.30.0
 */
Reflect.deleteProperty(globalThis, 'Float16Array');
