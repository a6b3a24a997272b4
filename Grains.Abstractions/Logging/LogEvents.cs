namespace SoonShop.Logging;

/// <summary>Names of log events with special treatment.</summary>
public static class LogEvents
{
    /// <summary>Shows a secret to a developer on purpose. Where that is not enabled, the secret is redacted like any other.</summary>
    public const string DevelopmentSecret = "DevelopmentSecret";
}
