namespace SoonShop.ServiceDefaults;

/// <summary>Calls between processes of two versions, as while a cluster is upgraded.</summary>
public static class OtherVersions
{
    /// <summary>What a caller is told.</summary>
    public const string Message = "The shop is being upgraded, and cannot do this until it is done. Try again in some minutes.";

    /// <summary>
    /// True for the answer of a silo that does not know the method which was called, because it is older: it could not read the request, so
    /// nothing was done. The silo that holds the grain answers so, and the gateway that the call goes through.
    /// </summary>
    public static bool LackMethod(Exception e) => e is TypeLoadException
        && e.Message.StartsWith("Unable to resolve type alias \"(\"inv\",", StringComparison.Ordinal);
}
