/* Who owns a code in which server's log, as a table of literal answers and as rules over all of
 * them. */
#include "codes/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct expectation {
    const char *word;
    enum server server;
    const char *vendor; /* what a person said, "" for nothing */
    const char *owner;  /* "" for unassigned */
    const char *name;
    enum blame blame;
};

static struct verdict verdict_on(const struct expectation *want)
{
    struct verdict_table table;
    struct event event;
    verdict_table_init(&table, want->server, span_of(want->vendor));
    event_clear(&event);
    event.status = status_slot(span_of(want->word));
    return verdict_of(&table, &event);
}

static void expect(const struct expectation *want)
{
    struct verdict got = verdict_on(want);
    uint16_t slot = status_slot(span_of(want->word));
    if (strcmp(verdict_vendor(got), want->owner) != 0 ||
        strcmp(verdict_name(got), want->name) != 0 || got.blame != want->blame) {
        fail_msg("%s in %s, vendor \"%s\": %s \"%s\" %s, wanted %s \"%s\" %s", want->word,
                 server_name(want->server), want->vendor, verdict_vendor(got), verdict_name(got),
                 blame_name(got.blame), want->owner, want->name, blame_name(want->blame));
    }
    assert_int_equal(got.status, slot);
    assert_int_equal(got.entry, verdict_entry(slot, want->server, span_of(want->vendor)));
}

#define EXPECT_ALL(table)                                             \
    for (size_t i = 0; i < sizeof(table) / sizeof((table)[0]); i++) { \
        expect(&(table)[i]);                                          \
    }

static void a_499_belongs_to_the_server_that_logs_it(void **state)
{
    static const struct expectation cases[] = {
        {"499", SERVER_UNKNOWN, "", "nginx", "Client Closed Request", BLAME_CLIENT},
        {"499", SERVER_NGINX, "", "nginx", "Client Closed Request", BLAME_CLIENT},
        {"499", SERVER_APACHE, "", "nginx", "Client Closed Request", BLAME_CLIENT},
        {"499", SERVER_IIS, "", "microsoft-aspnet", "Client Closed Request", BLAME_CLIENT},
        {"499", SERVER_HAPROXY, "", "nginx", "Client Closed Request", BLAME_CLIENT},
        {"499", SERVER_CADDY, "", "caddy", "Client Closed Request", BLAME_CLIENT},
        {"499", SERVER_TRAEFIK, "", "traefik", "Client Closed Request", BLAME_CLIENT},
        {"499", SERVER_ENVOY, "", "google", "Client Closed Request", BLAME_CLIENT},
        {"499", SERVER_ALB, "", "nginx", "Client Closed Request", BLAME_CLIENT},
        {"499", SERVER_CLB, "", "nginx", "Client Closed Request", BLAME_CLIENT},
        {"499", SERVER_CLOUDFRONT, "", "nginx", "Client Closed Request", BLAME_CLIENT},
        {"499", SERVER_S3, "", "nginx", "Client Closed Request", BLAME_CLIENT},
        {"499", SERVER_CLOUDFLARE, "", "cloudflare", "Client Closed Request", BLAME_CLIENT},
        {"499", SERVER_GCP_LB, "", "google", "Client Closed Request", BLAME_CLIENT},
        {"499", SERVER_SQUID, "", "nginx", "Client Closed Request", BLAME_CLIENT},
        {"499", SERVER_VARNISH, "", "nginx", "Client Closed Request", BLAME_CLIENT},
        {"499", SERVER_LIGHTTPD, "", "nginx", "Client Closed Request", BLAME_CLIENT},
        {"499", SERVER_TOMCAT, "", "nginx", "Client Closed Request", BLAME_CLIENT},
        {"499", SERVER_ARCGIS, "", "esri", "Token Required", BLAME_AUTH},
    };
    (void)state;
    EXPECT_ALL(cases)
}

static void a_shared_code_has_its_default_where_the_format_is_unknown(void **state)
{
    static const struct expectation cases[] = {
        {"103", SERVER_UNKNOWN, "", "ietf", "Early Hints", BLAME_NONE},
        {"308", SERVER_UNKNOWN, "", "ietf", "Permanent Redirect", BLAME_NONE},
        {"418", SERVER_UNKNOWN, "", "ietf", "I'm a teapot", BLAME_CLIENT},
        {"419", SERVER_UNKNOWN, "", "laravel", "Page Expired", BLAME_CLIENT},
        {"420", SERVER_UNKNOWN, "", "twitter", "Enhance Your Calm", BLAME_CLIENT},
        {"421", SERVER_UNKNOWN, "", "ietf", "Misdirected Request", BLAME_CONFIG},
        {"423", SERVER_UNKNOWN, "", "ietf", "Locked", BLAME_CLIENT},
        {"430", SERVER_UNKNOWN, "", "shopify", "Shopify Security Rejection", BLAME_CLIENT},
        {"440", SERVER_UNKNOWN, "", "microsoft-iis", "Login Time-out", BLAME_AUTH},
        {"444", SERVER_UNKNOWN, "", "nginx", "No Response", BLAME_CLIENT},
        {"449", SERVER_UNKNOWN, "", "microsoft-iis", "Retry With", BLAME_CLIENT},
        {"450", SERVER_UNKNOWN, "", "microsoft-windows", "Blocked by Windows Parental Controls",
         BLAME_CLIENT},
        {"451", SERVER_UNKNOWN, "", "ietf", "Unavailable For Legal Reasons", BLAME_NONE},
        {"456", SERVER_UNKNOWN, "", "haproxy", "Unrecoverable Error", BLAME_SERVER},
        {"457", SERVER_UNKNOWN, "", "", "Unassigned", BLAME_CLIENT},
        {"460", SERVER_UNKNOWN, "", "", "Unassigned", BLAME_CLIENT},
        {"463", SERVER_UNKNOWN, "", "", "Unassigned", BLAME_CLIENT},
        {"464", SERVER_UNKNOWN, "", "", "Unassigned", BLAME_CLIENT},
        {"494", SERVER_UNKNOWN, "", "nginx", "Request Header Too Large", BLAME_CLIENT},
        {"495", SERVER_UNKNOWN, "", "nginx", "SSL Certificate Error", BLAME_AUTH},
        {"496", SERVER_UNKNOWN, "", "nginx", "SSL Certificate Required", BLAME_AUTH},
        {"497", SERVER_UNKNOWN, "", "nginx", "HTTP Request Sent to HTTPS Port", BLAME_CLIENT},
        {"498", SERVER_UNKNOWN, "", "esri", "Invalid Token", BLAME_AUTH},
        {"508", SERVER_UNKNOWN, "", "ietf", "Loop Detected", BLAME_CONFIG},
        {"509", SERVER_UNKNOWN, "", "apache", "Bandwidth Limit Exceeded", BLAME_CONFIG},
        {"520", SERVER_UNKNOWN, "", "cloudflare", "Web Server Returned an Unknown Error",
         BLAME_UPSTREAM},
        {"521", SERVER_UNKNOWN, "", "cloudflare", "Web Server Is Down", BLAME_UPSTREAM},
        {"522", SERVER_UNKNOWN, "", "cloudflare", "Connection Timed Out", BLAME_UPSTREAM},
        {"523", SERVER_UNKNOWN, "", "cloudflare", "Origin Is Unreachable", BLAME_NETWORK},
        {"524", SERVER_UNKNOWN, "", "cloudflare", "A Timeout Occurred", BLAME_UPSTREAM},
        {"525", SERVER_UNKNOWN, "", "cloudflare", "SSL Handshake Failed", BLAME_CONFIG},
        {"526", SERVER_UNKNOWN, "", "cloudflare", "Invalid SSL Certificate", BLAME_CONFIG},
        {"527", SERVER_UNKNOWN, "", "cloudflare", "Railgun Error", BLAME_EDGE},
        {"529", SERVER_UNKNOWN, "", "qualys", "Site Is Overloaded", BLAME_SERVER},
        {"530", SERVER_UNKNOWN, "", "cloudflare", "Origin DNS Error", BLAME_CONFIG},
        {"550", SERVER_UNKNOWN, "", "tencent-edgeone", "Origin Reset After Request",
         BLAME_UPSTREAM},
        {"561", SERVER_UNKNOWN, "", "", "Unassigned", BLAME_SERVER},
        {"598", SERVER_UNKNOWN, "", "proxy-convention", "Network Read Timeout Error",
         BLAME_NETWORK},
        {"599", SERVER_UNKNOWN, "", "proxy-convention", "Network Connect Timeout Error",
         BLAME_NETWORK},
        {"600", SERVER_UNKNOWN, "", "", "Unassigned", BLAME_UNKNOWN},
        {"601", SERVER_UNKNOWN, "", "", "Unassigned", BLAME_UNKNOWN},
        {"801", SERVER_UNKNOWN, "", "", "Unassigned", BLAME_UNKNOWN},
        {"999", SERVER_UNKNOWN, "", "linkedin", "Request Denied", BLAME_CLIENT},
    };
    (void)state;
    EXPECT_ALL(cases)
}

static void a_format_gives_its_server_the_codes_that_are_only_its_own(void **state)
{
    static const struct expectation cases[] = {
        {"460", SERVER_ALB, "", "aws-elb", "Client Closed Connection", BLAME_CLIENT},
        {"460", SERVER_NGINX, "", "", "Unassigned", BLAME_CLIENT},
        {"460", SERVER_CLB, "", "", "Unassigned", BLAME_CLIENT},
        {"463", SERVER_ALB, "", "aws-elb", "Too Many IP Addresses Forwarded", BLAME_CLIENT},
        {"464", SERVER_ALB, "", "aws-elb", "Incompatible Protocol", BLAME_CONFIG},
        {"561", SERVER_ALB, "", "aws-elb", "Unauthorized", BLAME_AUTH},
        {"561", SERVER_CADDY, "", "", "Unassigned", BLAME_SERVER},
        {"456", SERVER_IIS, "", "microsoft-exchange", "Blocked", BLAME_AUTH},
        {"457", SERVER_IIS, "", "microsoft-exchange", "Expired Password", BLAME_AUTH},
        {"457", SERVER_NGINX, "", "", "Unassigned", BLAME_CLIENT},
        {"600", SERVER_SQUID, "", "squid", "Invalid Header", BLAME_UPSTREAM},
        {"601", SERVER_SQUID, "", "squid", "Header Too Large", BLAME_UPSTREAM},
        {"600", SERVER_VARNISH, "", "", "Unassigned", BLAME_UNKNOWN},
    };
    (void)state;
    EXPECT_ALL(cases)
}

static void an_owner_that_needs_a_path_or_method_yields_to_the_others(void **state)
{
    static const struct expectation cases[] = {
        {"449", SERVER_IIS, "", "microsoft-iis", "Retry With", BLAME_CLIENT},
        {"451", SERVER_IIS, "", "ietf", "Unavailable For Legal Reasons", BLAME_NONE},
        {"498", SERVER_IIS, "", "esri", "Invalid Token", BLAME_AUTH},
        {"508", SERVER_APACHE, "", "ietf", "Loop Detected", BLAME_CONFIG},
        {"498", SERVER_TOMCAT, "", "esri", "Invalid Token", BLAME_AUTH},
        {"550", SERVER_VARNISH, "", "tencent-edgeone", "Origin Reset After Request",
         BLAME_UPSTREAM},
    };
    (void)state;
    EXPECT_ALL(cases)
}

static void codes_with_any_keep_their_owner_behind_every_server(void **state)
{
    static const struct expectation cases[] = {
        {"440", SERVER_IIS, "", "microsoft-iis", "Login Time-out", BLAME_AUTH},
        {"440", SERVER_NGINX, "", "microsoft-iis", "Login Time-out", BLAME_AUTH},
        {"444", SERVER_NGINX, "", "nginx", "No Response", BLAME_CLIENT},
        {"444", SERVER_ALB, "", "nginx", "No Response", BLAME_CLIENT},
        {"498", SERVER_NGINX, "", "esri", "Invalid Token", BLAME_AUTH},
        {"498", SERVER_ARCGIS, "", "esri", "Invalid Token", BLAME_AUTH},
        {"520", SERVER_NGINX, "", "cloudflare", "Web Server Returned an Unknown Error",
         BLAME_UPSTREAM},
        {"520", SERVER_CLOUDFLARE, "", "cloudflare", "Web Server Returned an Unknown Error",
         BLAME_UPSTREAM},
        {"520", SERVER_IIS, "", "cloudflare", "Web Server Returned an Unknown Error",
         BLAME_UPSTREAM},
        {"530", SERVER_NGINX, "", "cloudflare", "Origin DNS Error", BLAME_CONFIG},
        {"530", SERVER_CLOUDFLARE, "", "cloudflare", "Origin DNS Error", BLAME_CONFIG},
        {"509", SERVER_APACHE, "", "apache", "Bandwidth Limit Exceeded", BLAME_CONFIG},
        {"218", SERVER_APACHE, "", "apache", "This is fine", BLAME_SERVER},
        {"429", SERVER_HAPROXY, "", "ietf", "Too Many Requests", BLAME_CLIENT},
        {"502", SERVER_ENVOY, "", "ietf", "Bad Gateway", BLAME_UPSTREAM},
        {"418", SERVER_NGINX, "", "ietf", "I'm a teapot", BLAME_CLIENT},
    };
    (void)state;
    EXPECT_ALL(cases)
}

static void pseudo_values_mean_what_the_server_means_by_them(void **state)
{
    static const struct expectation cases[] = {
        {"000", SERVER_NGINX, "", "nginx", "No Status", BLAME_NETWORK},
        {"009", SERVER_NGINX, "", "nginx", "HTTP/0.9 Without Status", BLAME_CLIENT},
        {"-", SERVER_NGINX, "", "nginx", "No Upstream Status", BLAME_UPSTREAM},
        {"-", SERVER_APACHE, "", "apache", "No Status", BLAME_NETWORK},
        {"-", SERVER_IIS, "", "microsoft-iis", "No Protocol Status", BLAME_NETWORK},
        {"-1", SERVER_HAPROXY, "", "haproxy", "No Response", BLAME_CLIENT},
        {"0", SERVER_HAPROXY, "", "haproxy", "No Transaction", BLAME_NONE},
        {"0", SERVER_CADDY, "", "caddy", "No Status Written", BLAME_CLIENT},
        {"0", SERVER_TRAEFIK, "", "traefik", "No Status Written", BLAME_NETWORK},
        {"0", SERVER_ENVOY, "", "envoy", "No Response", BLAME_CLIENT},
        {"-", SERVER_ENVOY, "", "envoy", "Not Applicable", BLAME_NONE},
        {"000", SERVER_ALB, "", "aws-elb", "Connection Closed", BLAME_CLIENT},
        {"-", SERVER_ALB, "", "aws-elb", "No Target Response", BLAME_UPSTREAM},
        {"0", SERVER_CLB, "", "aws-elb", "No Backend Response", BLAME_UPSTREAM},
        {"-", SERVER_CLB, "", "aws-elb", "No Target Response", BLAME_UPSTREAM},
        {"000", SERVER_CLOUDFRONT, "", "aws-cloudfront", "Viewer Closed Connection", BLAME_CLIENT},
        {"-", SERVER_S3, "", "aws-s3", "Not an HTTP Request", BLAME_NONE},
        {"0", SERVER_CLOUDFLARE, "", "cloudflare", "No Origin Response", BLAME_NONE},
        {"0", SERVER_GCP_LB, "", "google", "No Response", BLAME_CLIENT},
        {"000", SERVER_SQUID, "", "squid", "No Response", BLAME_CLIENT},
        {"0", SERVER_SQUID, "", "squid", "No Response", BLAME_CLIENT},
        {"-", SERVER_VARNISH, "", "varnish", "No Status", BLAME_NETWORK},
        {"0", SERVER_LIGHTTPD, "", "lighttpd", "No Status", BLAME_CLIENT},
    };
    (void)state;
    EXPECT_ALL(cases)
}

static void pseudo_values_of_other_servers_mean_nothing(void **state)
{
    static const struct expectation cases[] = {
        {"000", SERVER_UNKNOWN, "", "", "Unassigned", BLAME_UNKNOWN},
        {"-", SERVER_UNKNOWN, "", "", "Unassigned", BLAME_UNKNOWN},
        {"0", SERVER_UNKNOWN, "", "", "Unassigned", BLAME_UNKNOWN},
        {"-1", SERVER_UNKNOWN, "", "", "Unassigned", BLAME_UNKNOWN},
        {"0", SERVER_NGINX, "", "", "Unassigned", BLAME_UNKNOWN},
        {"-1", SERVER_NGINX, "", "", "Unassigned", BLAME_UNKNOWN},
        {"009", SERVER_SQUID, "", "", "Unassigned", BLAME_UNKNOWN},
        {"000", SERVER_HAPROXY, "", "", "Unassigned", BLAME_UNKNOWN},
        {"000", SERVER_CLB, "", "", "Unassigned", BLAME_UNKNOWN},
        {"0", SERVER_ALB, "", "", "Unassigned", BLAME_UNKNOWN},
        {"-", SERVER_TOMCAT, "", "", "Unassigned", BLAME_UNKNOWN},
        {"-", SERVER_HAPROXY, "", "", "Unassigned", BLAME_UNKNOWN},
    };
    (void)state;
    EXPECT_ALL(cases)
}

static void an_unassigned_code_is_blamed_by_its_class(void **state)
{
    static const struct expectation cases[] = {
        {"199", SERVER_UNKNOWN, "", "", "Unassigned", BLAME_NONE},
        {"299", SERVER_NGINX, "", "", "Unassigned", BLAME_NONE},
        {"399", SERVER_APACHE, "", "", "Unassigned", BLAME_NONE},
        {"427", SERVER_UNKNOWN, "", "", "Unassigned", BLAME_CLIENT},
        {"512", SERVER_IIS, "", "", "Unassigned", BLAME_SERVER},
        {"700", SERVER_SQUID, "", "", "Unassigned", BLAME_UNKNOWN},
        {"099", SERVER_NGINX, "", "", "Unassigned", BLAME_UNKNOWN},
        {"99", SERVER_NGINX, "", "", "Unassigned", BLAME_UNKNOWN},
        {"7", SERVER_HAPROXY, "", "", "Unassigned", BLAME_UNKNOWN},
    };
    (void)state;
    EXPECT_ALL(cases)
}

static void a_named_owner_wins_wherever_it_has_the_code(void **state)
{
    static const struct expectation cases[] = {
        {"520", SERVER_NGINX, "tencent-edgeone", "tencent-edgeone", "Origin Reset After Request",
         BLAME_UPSTREAM},
        {"523", SERVER_CLOUDFLARE, "tencent-edgeone", "tencent-edgeone", "Origin DNS Failure",
         BLAME_CONFIG},
        {"418", SERVER_UNKNOWN, "tencent-edgeone", "tencent-edgeone",
         "Domain Configuration Missing", BLAME_CONFIG},
        {"526", SERVER_UNKNOWN, "tencent-edgeone", "cloudflare", "Invalid SSL Certificate",
         BLAME_CONFIG},
        {"200", SERVER_UNKNOWN, "tencent-edgeone", "ietf", "OK", BLAME_NONE},
        {"499", SERVER_TOMCAT, "esri", "esri", "Token Required", BLAME_AUTH},
        {"508", SERVER_APACHE, "cloudlinux", "cloudlinux", "Resource Limit Is Reached",
         BLAME_CONFIG},
        {"308", SERVER_UNKNOWN, "google", "google", "Resume Incomplete", BLAME_NONE},
        {"451", SERVER_IIS, "microsoft-exchange", "microsoft-exchange", "Redirect", BLAME_NONE},
        {"530", SERVER_NGINX, "pantheon", "pantheon", "Site Is Frozen", BLAME_CONFIG},
        {"529", SERVER_UNKNOWN, "anthropic", "anthropic", "Overloaded", BLAME_SERVER},
        {"801", SERVER_VARNISH, "fastly", "fastly", "Force TLS", BLAME_NONE},
        {"000", SERVER_UNKNOWN, "akamai", "akamai", "Client Abort", BLAME_CLIENT},
        {"0", SERVER_UNKNOWN, "microsoft-azure", "microsoft-azure", "Client Closed the Connection",
         BLAME_CLIENT},
        {"456", SERVER_HAPROXY, "haproxy", "haproxy", "Unrecoverable Error", BLAME_SERVER},
        {"498", SERVER_UNKNOWN, "nginx", "nginx", "Canceled (Invalid Host)", BLAME_CLIENT},
    };
    (void)state;
    EXPECT_ALL(cases)
}

static void a_named_server_lends_its_order(void **state)
{
    static const struct expectation cases[] = {
        {"499", SERVER_UNKNOWN, "iis", "microsoft-aspnet", "Client Closed Request", BLAME_CLIENT},
        {"499", SERVER_NGINX, "iis", "microsoft-aspnet", "Client Closed Request", BLAME_CLIENT},
        {"456", SERVER_UNKNOWN, "iis", "microsoft-exchange", "Blocked", BLAME_AUTH},
        {"451", SERVER_UNKNOWN, "iis", "ietf", "Unavailable For Legal Reasons", BLAME_NONE},
        {"460", SERVER_UNKNOWN, "alb", "aws-elb", "Client Closed Connection", BLAME_CLIENT},
        {"499", SERVER_UNKNOWN, "arcgis", "esri", "Token Required", BLAME_AUTH},
        {"499", SERVER_UNKNOWN, "gcp-lb", "google", "Client Closed Request", BLAME_CLIENT},
        {"000", SERVER_UNKNOWN, "nginx", "nginx", "No Status", BLAME_NETWORK},
        {"0", SERVER_UNKNOWN, "caddy", "caddy", "No Status Written", BLAME_CLIENT},
        {"499", SERVER_CADDY, "unknown", "nginx", "Client Closed Request", BLAME_CLIENT},
        {"009", SERVER_NGINX, "iis", "nginx", "HTTP/0.9 Without Status", BLAME_CLIENT},
        {"499", SERVER_CADDY, "nobody", "caddy", "Client Closed Request", BLAME_CLIENT},
    };
    (void)state;
    EXPECT_ALL(cases)
}

static void a_registered_code_is_the_ietfs_in_every_log(void **state)
{
    (void)state;
    for (enum server server = SERVER_UNKNOWN; server < SERVERS; server++) {
        for (size_t i = 0; i < codes_count(); i++) {
            const struct code *c = codes_at(i);
            if (strcmp(c->owner, "ietf") == 0 && verdict_entry(c->status, server, SPAN("")) != i) {
                fail_msg("%s is not ietf's in %s", c->code, server_name(server));
            }
        }
    }
}

static void a_table_says_of_every_status_what_a_single_look_up_says(void **state)
{
    static const char *const vendors[] = {"", "iis", "nginx", "tencent-edgeone", "nobody"};
    struct verdict_table table;
    (void)state;
    for (enum server server = SERVER_UNKNOWN; server < SERVERS; server++) {
        for (size_t v = 0; v < sizeof(vendors) / sizeof(vendors[0]); v++) {
            verdict_table_init(&table, server, span_of(vendors[v]));
            for (uint16_t s = 0; s < STATUS_SLOTS; s++) {
                assert_int_equal(table.of[s].status, s);
                assert_int_equal(table.of[s].entry, verdict_entry(s, server, span_of(vendors[v])));
            }
        }
    }
}

static void every_owner_is_reached_by_its_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < codes_count(); i++) {
        const struct code *c = codes_at(i);
        assert_int_equal(verdict_entry(c->status, SERVER_UNKNOWN, span_of(c->owner)), i);
    }
}

static void what_is_no_status_has_no_entry(void **state)
{
    struct verdict none = {STATUS_NONE, VERDICT_UNASSIGNED, BLAME_UNKNOWN};
    (void)state;
    assert_int_equal(verdict_entry(STATUS_NONE, SERVER_APACHE, SPAN("")), VERDICT_UNASSIGNED);
    assert_null(verdict_code(none));
    assert_string_equal(verdict_vendor(none), "");
    assert_string_equal(verdict_name(none), "Unassigned");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_499_belongs_to_the_server_that_logs_it),
        cmocka_unit_test(a_shared_code_has_its_default_where_the_format_is_unknown),
        cmocka_unit_test(a_format_gives_its_server_the_codes_that_are_only_its_own),
        cmocka_unit_test(an_owner_that_needs_a_path_or_method_yields_to_the_others),
        cmocka_unit_test(codes_with_any_keep_their_owner_behind_every_server),
        cmocka_unit_test(pseudo_values_mean_what_the_server_means_by_them),
        cmocka_unit_test(pseudo_values_of_other_servers_mean_nothing),
        cmocka_unit_test(an_unassigned_code_is_blamed_by_its_class),
        cmocka_unit_test(a_named_owner_wins_wherever_it_has_the_code),
        cmocka_unit_test(a_named_server_lends_its_order),
        cmocka_unit_test(a_registered_code_is_the_ietfs_in_every_log),
        cmocka_unit_test(a_table_says_of_every_status_what_a_single_look_up_says),
        cmocka_unit_test(every_owner_is_reached_by_its_name),
        cmocka_unit_test(what_is_no_status_has_no_entry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
