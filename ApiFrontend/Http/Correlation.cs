using System.Diagnostics;

namespace SoonShop.ApiFrontend.Http;

/// <summary>
/// One id for a request and what it causes: its problem shows it, and the events that follow carry it (<see cref="Cluster.CallOrigin"/>).
/// </summary>
internal static class Correlation
{
    /// <summary>The id, a W3C trace id where there is one.</summary>
    public static string TraceId(this HttpContext context) => Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier;
}
