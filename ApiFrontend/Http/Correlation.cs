using System.Diagnostics;

namespace SoonShop.ApiFrontend.Http;

/// <summary>
/// Provides one id for a request and everything that it causes. Its problem contains the id, and so do the resulting events
/// (<see cref="Cluster.CallOrigin"/>).
/// </summary>
internal static class Correlation
{
    /// <summary>Returns the id: the W3C trace id if there is one.</summary>
    public static string TraceId(this HttpContext context) => Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier;
}
