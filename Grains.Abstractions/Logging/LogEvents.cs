namespace SoonShop.Logging;

/// <summary>Names of log events that are treated apart.</summary>
public static class LogEvents
{
    /// <summary>Shows a secret on purpose, to a developer: where that is not wanted it is redacted like any other.</summary>
    public const string DevelopmentSecret = "DevelopmentSecret";
}
