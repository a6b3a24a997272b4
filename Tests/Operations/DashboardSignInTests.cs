using System.Net;
using Microsoft.AspNetCore.Http;
using SoonShop.Silo.Dashboard;

namespace SoonShop.Tests.Operations;

public sealed class DashboardSignInTests
{
    [Fact]
    public async Task one_address_may_not_try_without_end()
    {
        using var signIn = new DashboardSignIn(new DashboardSection { SignInsPerMinute = 2 }, null!, null!, null!, TimeProvider.System);
        async Task<int?> TryFromAsync(string address)
        {
            var context = new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse(address) } };
            return ((IStatusCodeHttpResult)await signIn.SignInAsync(context, "nobody", "")).StatusCode;
        }

        Assert.Equal([401, 401, 429], [await TryFromAsync("192.0.2.1"), await TryFromAsync("192.0.2.1"), await TryFromAsync("192.0.2.1")]);
        Assert.Equal(401, await TryFromAsync("192.0.2.2"));
    }
}
