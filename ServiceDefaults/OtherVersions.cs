namespace SoonShop.ServiceDefaults;

/// <summary>Recognizes failed calls between processes of two versions, as during an upgrade of the cluster.</summary>
public static class OtherVersions
{
    /// <summary>The message for the caller.</summary>
    public static readonly ErrorText Reason = ErrorText.Of(
        "error.upgrade", "The shop is being upgraded, and cannot do this until it is done. Try again in some minutes.");

    /// <summary>
    /// True for the response of a silo that does not know the called method, because it is older. It could not read the request, so nothing
    /// was executed. The response comes from the silo with the grain, or from the gateway of the call.
    /// </summary>
    public static bool LackMethod(Exception e) => e is TypeLoadException
        && e.Message.StartsWith("Unable to resolve type alias \"(\"inv\",", StringComparison.Ordinal);
}
