using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace ActorTrain.Host.Configuration;

/// <summary>Random changes of training images as a setting says them; the images' size is known later.</summary>
/// <param name="Text">The setting.</param>
internal sealed record AugmentText(string Text)
{
    /// <summary>What can be said, for errors.</summary>
    public const string Allowed =
        "none, or some of affine:DEGREES[:TRANSLATE[:SCALE[:SHEAR]]], elastic[:ALPHA[:SIGMA]], shift:PIXELS and "
        + "flip[:P] with + between; TRANSLATE a share of the size, SCALE by how much a factor differs from 1";

    /// <summary>Reads a text; false when it names no changes.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out AugmentText? value)
    {
        value = null;
        try
        {
            // Of images of any size: only the text is looked at.
            Read(text, rows: 1, columns: 1);
            value = new(text);
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            // False says it.
        }
        return value is not null;
    }

    /// <summary>The changes for images of this size; none for <c>none</c>.</summary>
    public Compose? Of(DataDescription data) => Read(Text, data.Rows, data.Columns);

    private static Compose? Read(string text, int rows, int columns) => text == "none"
        ? null
        : new([.. text.Split('+').Select(part => One(part.Split(':'), rows, columns))]);

    private static Transform One(string[] words, int rows, int columns) => words switch
    {
        ["affine", var degrees] => new RandomAffine(Number(degrees)),
        ["affine", var degrees, var translate] => new RandomAffine(Number(degrees), Number(translate)),
        ["affine", var degrees, var translate, var scale] => Affine(degrees, translate, scale, "0"),
        ["affine", var degrees, var translate, var scale, var shear] => Affine(degrees, translate, scale, shear),
        ["elastic"] => new ElasticDeform(),
        ["elastic", var alpha] => new ElasticDeform(Number(alpha)),
        ["elastic", var alpha, var sigma] => new ElasticDeform(Number(alpha), Number(sigma)),
        ["shift", var pixels] => new RandomCrop(
            rows, columns, int.Parse(pixels, NumberStyles.None, CultureInfo.InvariantCulture)),
        ["flip"] => new RandomHorizontalFlip(),
        ["flip", var p] => new RandomHorizontalFlip(Number(p)),
        _ => throw new FormatException(),
    };

    private static RandomAffine Affine(string degrees, string translate, string scale, string shear) => new(
        Number(degrees), Number(translate), 1 - Number(scale), 1 + Number(scale), Number(shear));

    private static float Number(string text) => float.Parse(
        text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture);
}
