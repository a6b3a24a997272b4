using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

[Collection(nameof(RunningShop))]
public sealed class CorrelationTests(RunningShop shop)
{
    [Fact]
    public async Task a_request_leads_from_its_problem_to_its_events()
    {
        var trace = $"{Guid.NewGuid():N}";
        using var http = new HttpClient { BaseAddress = shop.Api.Http.BaseAddress };
        http.DefaultRequestHeaders.Add("traceparent", $"00-{trace}-00f067aa0ba902b7-01");
        var api = shop.Api with { Http = http };
        var email = Make.Email();
        Expect.Status(201, await api.PostAsync("/auth/register", new { email, password = "correct horse" }));
        Assert.Equal(
            trace, Expect.Problem(409, "email-taken", await api.PostAsync("/auth/register", new { email, password = "correct horse" }))
                .Text("traceId"));
        Assert.Equal(trace, Expect.Problem(401, "unauthenticated", await api.GetAsync("/me")).Text("traceId"));
        Assert.Equal(
            trace, await shop.Shop.QueryAsync<string>(
                "select correlation_id from event where type = 'user.registered' and data->>'email' = $1", email));
    }
}
