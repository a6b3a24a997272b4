namespace SoonShop.ApiFrontend.Cluster;

/// <summary>A gateway was lost during the call, and no response came since. Whether the call took effect is unknown.</summary>
internal sealed class CallLostException() : Exception("A silo was lost while it worked on this, and it is not known how far it got.");
