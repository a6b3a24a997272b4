using System.Diagnostics;
using System.Diagnostics.Metrics;
using SoonShop.ApiFrontend.Http;

namespace SoonShop.ApiFrontend.Cluster;

/// <summary>How a route is let in.</summary>
internal enum AdmissionClass
{
    /// <summary>While there is room.</summary>
    Normal,
    /// <summary>Always, and before others: what others must not hold up, and what comes back again and again when it is refused.</summary>
    Priority,
    /// <summary>Always, and without counting: what costs nothing, or has a limit of its own.</summary>
    Free,
    /// <summary>While there is room for what waits for the payment provider.</summary>
    Payments,
    /// <summary>While there is room for what waits for a password to be hashed or checked.</summary>
    Passwords,
}

/// <summary>
/// Refuses requests beyond what the shop can do at once, before anything is spent on them: those that are let in stay fast. Each class of
/// routes has a limit of its own, so that one whose kind is slow, or becomes slow, neither takes the others' room nor lowers their limit.
/// </summary>
internal sealed class Admission
{
    private static readonly Error Full = new(ErrorCode.Unavailable, "The shop is very busy. Ask again in a moment; nothing was done.") { RetryAfter = TimeSpan.FromSeconds(1) };

    private readonly AdmissionLimit general, payments, passwords;
    private readonly GatewayMetrics metrics;

    public Admission(AdmissionOptions options, TimeProvider time, GatewayMetrics metrics)
    {
        this.metrics = metrics;
        (general, payments, passwords) = (new(options, time), new(options.ForPayments(), time), new(options.ForPasswords(), time));
        (string Name, AdmissionLimit Limit)[] limits = [("general", general), ("payments", payments), ("passwords", passwords)];
        metrics.Meter.CreateObservableGauge("soonshop.gateway.limit", () => limits.Select(l => Measure(l.Name, l.Limit.Limit)), "{request}", "Requests that may be under way, by class of route.");
        metrics.Meter.CreateObservableGauge("soonshop.gateway.in_flight", () => limits.Select(l => Measure(l.Name, l.Limit.InFlight)), "{request}", "Requests that are under way, by class of route.");
    }

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        // What no route is for costs nothing.
        var admission = context.GetEndpoint() is { } endpoint
            ? endpoint.Metadata.GetMetadata<AdmissionRule>()?.Class ?? AdmissionClass.Normal
            : AdmissionClass.Free;
        if (admission == AdmissionClass.Free)
        {
            await next(context);
            return;
        }
        var limit = admission switch
        {
            AdmissionClass.Payments => payments,
            AdmissionClass.Passwords => passwords,
            _ => general,
        };
        if (!await limit.EnterAsync(admission == AdmissionClass.Priority, context.RequestAborted))
        {
            metrics.Shed();
            await new Problem(Full).ExecuteAsync(context);
            return;
        }
        metrics.Admitted();
        var start = Stopwatch.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            limit.Leave(Stopwatch.GetElapsedTime(start));
        }
    }

    private static Measurement<int> Measure(string name, int value) => new(value, new KeyValuePair<string, object?>("class", name));
}

/// <summary>A route's <see cref="AdmissionClass"/>.</summary>
internal sealed record AdmissionRule(AdmissionClass Class);

/// <summary>How routes and the application say how they let in.</summary>
internal static class AdmissionExtensions
{
    /// <summary>Sets how a route is let in; <see cref="AdmissionClass.Normal"/> where nothing is said.</summary>
    public static TBuilder Admit<TBuilder>(this TBuilder routes, AdmissionClass admission) where TBuilder : IEndpointConventionBuilder =>
        routes.WithMetadata(new AdmissionRule(admission));

    /// <summary>Guards everything that follows, if it is switched on.</summary>
    public static void UseAdmission(this IApplicationBuilder app, AdmissionOptions options)
    {
        if (!options.Enabled)
            return;
        var admission = app.ApplicationServices.GetRequiredService<Admission>();
        app.Use(next => context => admission.InvokeAsync(context, next));
    }
}
