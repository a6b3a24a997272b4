namespace SoonShop.ApiFrontend.Cluster;

/// <summary>A gateway was lost while the call was under way, and no answer came since: whether it took effect is not known.</summary>
internal sealed class CallLostException() : Exception("A silo was lost while it worked on this, and it is not known how far it got.");
