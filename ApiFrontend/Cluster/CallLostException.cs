namespace SoonShop.ApiFrontend.Cluster;

/// <summary>A gateway was lost during the call, and no response came since. Whether the call took effect is unknown.</summary>
internal sealed class CallLostException() : Exception(Reason.English)
{
    /// <summary>The text for the client.</summary>
    public static readonly ErrorText Reason = ErrorText.Of(
        "error.call-lost", "A silo was lost while it worked on this. The result is not known.");
}
