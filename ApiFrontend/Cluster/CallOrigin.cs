using System.Diagnostics;
using System.Net;
using SoonShop.ApiFrontend.Http;
using SoonShop.Auditing;
using SoonShop.ServiceDefaults;

namespace SoonShop.ApiFrontend.Cluster;

/// <summary>
/// What the calls of a request tell the cluster of it: its trace, and for the audit log who asks and from where. The texts are made for the
/// first call, because many requests make none.
/// </summary>
internal sealed class CallOrigin
{
    /// <summary>As many as <see cref="AddTo"/> adds at most, and the call's deadline.</summary>
    public const int MaxEntries = 6;

    private readonly Activity? activity;
    private readonly IPAddress? address;
    private readonly string? userAgent;
    private string? correlationId;
    private string? addressText;

    private CallOrigin(HttpContext context)
    {
        activity = Activity.Current;
        // Without a trace it is the request's own id, which is gone with the request.
        correlationId = activity is null ? context.TraceId() : null;
        var request = context.Request;
        // The audit log records no anonymous reading.
        if (request.Headers.Authorization.Count == 0 && RequestTimeouts.IsQuery(request.Method))
            return;
        Actor = Actors.Anonymous;
        address = context.Connection.RemoteIpAddress;
        userAgent = request.Headers.UserAgent.ToString();
    }

    /// <summary>Who asks, as the audit log names them; null where nobody needs to know.</summary>
    public string? Actor { get; set; }

    /// <summary>Of a request. Nobody is known yet: whoever authenticates sets <see cref="Actor"/> afterwards.</summary>
    public static CallOrigin Of(HttpContext context) => new(context);

    /// <summary>Sends it along with every call from here on, for requests that have no <see cref="CallBudget"/> to carry it.</summary>
    public void Send()
    {
        var values = new Dictionary<string, object>(MaxEntries);
        AddTo(values);
        RequestContextExtensions.Import(values);
    }

    /// <summary>Adds all of it to what travels with a call. See <see cref="RequestKeys"/>.</summary>
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
