namespace ActorTrain.Interop.Onnx;

/// <summary>Models as ONNX files, both ways, as pure functions of bytes.</summary>
public static class OnnxFile
{
    /// <summary>The name of a written model's input, [N, …].</summary>
    public const string Input = "input";

    /// <summary>The name of a written model's output, [N, …].</summary>
    public const string Output = "output";

    /// <summary>The bytes of a file with this model as it is evaluated: statistics fixed, nothing dropped.</summary>
    /// <param name="model">Layers and parameters; these keep their names.</param>
    /// <param name="example">The shape of one example; the file's model takes any number of them.</param>
    /// <exception cref="ShapeMismatchException">The model does not take such examples.</exception>
    /// <exception cref="NotSupportedException">A layer has no counterpart in ONNX; the message names it.</exception>
    public static byte[] Encode(Model model, Shape example) => OnnxFormat.Write(OnnxExport.Graph(model, example));

    /// <summary>
    /// The model of a file's bytes, of the operators that <see cref="Encode"/> writes, by whomever they were written.
    /// </summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="file">Names it in errors.</param>
    /// <exception cref="InteropException">
    /// No such file, or with an operator, an attribute or a branch that no layer here has; the message names it.
    /// </exception>
    public static Model Decode(ReadOnlySpan<byte> bytes, string file = "model") =>
        OnnxImport.Read(new OnnxParser(file).Read(bytes), file);
}
