using System.Diagnostics;
using System.Net;
using SoonShop.ApiFrontend.Http;
using SoonShop.Auditing;
using SoonShop.ServiceDefaults;

namespace SoonShop.ApiFrontend.Cluster;

/// <summary>
/// The origin of a request, which its calls send to the cluster: its trace and, for the audit log, who sent it and from where. The texts
/// are created at the first call, because many requests make none.
/// </summary>
internal sealed class CallOrigin
{
    /// <summary>The most entries that <see cref="AddTo"/> adds, plus the call's deadline.</summary>
    public const int MaxEntries = 6;

    private readonly Activity? activity;
    private readonly IPAddress? address;
    private readonly string? userAgent;
    private string? correlationId;
    private string? addressText;

    private CallOrigin(HttpContext context)
    {
        activity = Activity.Current;
        // Without a trace, uses the request's own id, which is only available during the request.
        correlationId = activity is null ? context.TraceId() : null;
        var request = context.Request;
        // The audit log does not record anonymous reads.
        if (request.Headers.Authorization.Count == 0 && RequestTimeouts.IsQuery(context))
            return;
        Actor = Actors.Anonymous;
        address = context.Connection.RemoteIpAddress;
        userAgent = request.Headers.UserAgent.ToString();
    }

    /// <summary>The caller's name in the audit log; null when it is not needed.</summary>
    public string? Actor { get; set; }

    /// <summary>Creates the origin of a request. The caller is unknown until authentication sets <see cref="Actor"/>.</summary>
    public static CallOrigin Of(HttpContext context) => new(context);

    /// <summary>Sends the origin with every later call, for requests without a <see cref="CallBudget"/> that would carry it.</summary>
    public void Send()
    {
        var values = new Dictionary<string, object>(MaxEntries);
        AddTo(values);
        RequestContextExtensions.Import(values);
    }

    /// <summary>Adds the origin to the values that are sent with a call. See <see cref="RequestKeys"/>.</summary>
    public void AddTo(Dictionary<string, object> values)
    {
        values[RequestKeys.CorrelationId] = correlationId ??= activity!.TraceId.ToString();
        if (activity?.Id is { } traceParent)
            values[RequestKeys.TraceParent] = traceParent;
        if (Actor is not null)
            values[RequestKeys.Actor] = Actor;
        if (address is not null)
            values[RequestKeys.Address] = addressText ??= RequestOrigin.Address(address);
        if (userAgent is not null && RequestOrigin.UserAgent(userAgent) is { } agent)
            values[RequestKeys.UserAgent] = agent;
    }
}
