using System.Net;
using Microsoft.AspNetCore.Http;
using SoonShop.Auditing;
using SoonShop.ServiceDefaults;

namespace SoonShop.Tests.Rules;

public sealed class RequestOriginTests
{
    [Theory]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8::7", "2001:db8::7")]
    public void a_request_is_from_its_address_and_of_nobody_yet(string address, string known)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(address);
        context.Request.Headers.UserAgent = "Telephone/1.0";
        RequestOrigin.Send(context);
        Assert.Equal((Actors.Anonymous, known, "Telephone/1.0"), (Origin.Current.Actor, Origin.Current.Address, Origin.Current.UserAgent));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("Telephone/1.0", "Telephone/1.0")]
    [InlineData("two\nlines\u202E", "two?lines?")]
    public void what_a_client_calls_itself_is_one_line(string sent, string? kept) => Assert.Equal(kept, RequestOrigin.UserAgent(sent));

    [Fact]
    public void what_a_client_calls_itself_is_cut_off() =>
        Assert.Equal(new string('x', 200), RequestOrigin.UserAgent(new string('x', 300)));
}
