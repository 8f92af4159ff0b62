namespace ActorTrain;

/// <summary>
/// Settings of optimisers, schedules, transforms: the value, or an error that names it and what is allowed.
/// </summary>
internal static class Allowed
{
    public static float Above0(float value, string owner, string name) =>
        (float)Above0((double)value, owner, name);

    public static double Above0(double value, string owner, string name) =>
        value > 0 && double.IsFinite(value) ? value : throw Refused(value, owner, name, "a number above 0");

    public static float From0(float value, string owner, string name) => (float)From0((double)value, owner, name);

    public static double From0(double value, string owner, string name) =>
        value >= 0 && double.IsFinite(value) ? value : throw Refused(value, owner, name, "a number from 0");

    public static float From0Below1(float value, string owner, string name) =>
        value is >= 0 and < 1 ? value : throw Refused(value, owner, name, "a number from 0, below 1");

    public static float From0To1(float value, string owner, string name) =>
        value is >= 0 and <= 1 ? value : throw Refused(value, owner, name, "a number from 0 to 1");

    public static double Above0Below1(double value, string owner, string name) =>
        value is > 0 and < 1 ? value : throw Refused(value, owner, name, "a number above 0, below 1");

    public static long From1(long value, string owner, string name) => value >= 1
        ? value
        : throw new ArgumentOutOfRangeException(
            name, value, $"{owner}: {name} is {value}; give a whole number from 1.");

    private static ArgumentOutOfRangeException Refused(double value, string owner, string name, string allowed) =>
        new(name, value, $"{owner}: {name} is {(float)value}; give {allowed}.");
}
