using System.Text.Json.Nodes;

namespace ActorTrain;

/// <summary>Random changes of training images as JSON: <c>[{"type":"random_affine","degrees":10,…}]</c>.</summary>
internal static class AugmentationJson
{
    public static JsonArray Write(Compose augmentation) => new([.. augmentation.Parts.Select(Of)]);

    public static Compose Read(JsonReader recipe) => new([
        .. recipe.Array("augmentation", json => json.OneOf<Func<Transform>>("type",
            ("random_affine", () => new RandomAffine(
                json.Value<float>("degrees"), json.ValueOr("translate", 0f), json.ValueOr("scaleLow", 1f),
                json.ValueOr("scaleHigh", 1f), json.ValueOr("shear", 0f), json.ValueOr("fill", 0f))),
            ("random_crop", () => new RandomCrop(
                json.Value<int>("rows"), json.Value<int>("columns"), json.ValueOr("padding", 0),
                json.ValueOr("fill", 0f))),
            ("random_horizontal_flip", () => new RandomHorizontalFlip(json.ValueOr("p", 0.5f))),
            ("elastic_deform", () => new ElasticDeform(
                json.Value<float>("alpha"), json.Value<float>("sigma"), json.ValueOr("fill", 0f))))()),
    ]);

    /// <summary>Has it a name here?</summary>
    public static bool Knows(Transform transform) =>
        transform is RandomAffine or RandomCrop or RandomHorizontalFlip or ElasticDeform;

    private static JsonNode Of(Transform transform) => transform switch
    {
        RandomAffine t => new JsonObject
        {
            ["type"] = "random_affine",
            ["degrees"] = t.Degrees,
            ["translate"] = t.Translate,
            ["scaleLow"] = t.ScaleLow,
            ["scaleHigh"] = t.ScaleHigh,
            ["shear"] = t.Shear,
            ["fill"] = t.Fill,
        },
        RandomCrop t => new JsonObject
        {
            ["type"] = "random_crop",
            ["rows"] = t.Rows,
            ["columns"] = t.Columns,
            ["padding"] = t.Padding,
            ["fill"] = t.Fill,
        },
        RandomHorizontalFlip t => new JsonObject { ["type"] = "random_horizontal_flip", ["p"] = t.P },
        ElasticDeform t => new JsonObject
        {
            ["type"] = "elastic_deform",
            ["alpha"] = t.Alpha,
            ["sigma"] = t.Sigma,
            ["fill"] = t.Fill,
        },
        _ => throw new RecipeException(
            $"Transform {transform.GetType().Name} has no name in recipes; use RandomAffine, RandomCrop, "
            + "RandomHorizontalFlip or ElasticDeform."),
    };
}
